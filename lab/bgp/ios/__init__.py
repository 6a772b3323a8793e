"""What the lines of an IOS-XE router mean to FRR, to the kernel and to strongSwan.

Nothing but the lines is read: no description of the network says here what ought to be. What has no meaning
to the living network is told, line by line.
"""

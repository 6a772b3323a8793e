"""Emulated IOS-XE routers behind real SSH, for a laptop that has none.

A router is a running configuration, the modes in which it is edited, and IOS's refusals, order effects and
print order. Its grammar is our reading of Cisco's public documents (`tables.py` names them) and of texts that
routers printed in published sessions (`rules.py`); what is neither is marked `recollection` there. Nothing of
it is Cisco's software, and what a client proves here it has proved of the client, not of Cisco.

Modelled:

- SSH login by password or key, `enable`, prompts, echo, line editing, `?`, abbreviations, `--More--`, a long
  line shifted;
- the commands in `tables.py` with their `no` forms, and what they refuse, add or take away elsewhere;
- keys printed as type 6, which the router alone can open, as type 7, and passwords as type 9;
- what `show` says of BGP, routes, OSPF, BFD and IKE, in IOS-XE's form; what there is to say comes from a
  `Plane` (`plane.py`);
- startup-config, `reload`, a boot that takes its time, the archive, `configure terminal revert timer`,
  `configure confirm`, `configure replace` by a file of the router's own, the exclusive lock;
- files in flash, `dir`, `verify /md5`, `copy` to and from the running configuration, `tclsh` as far as other
  tools of this trade write files with it;
- who gets in: terminal lines, their access list, the address of the management port (`reachability.py`);
- the lines of a router in use that the tables do not know: kept and printed as they were loaded, if the
  router is told to (`foreign.py`);
- faults: by a hook within the process (`faults.py`), by a file from outside (`fault_file.py`).

Not modelled:

- packets: without a `Plane` that moves them neighbors stay `Idle`, and no interface goes down by itself; SSH
  comes over the management port only;
- IPv6, AAA, SNMP, EEM, NETCONF, `configure replace` of other files or with a list of what it does, `copy`
  between other places, syslog on the screen;
- `revert timer idle`, the syslog messages of a revert, and what a second revert timer does (it is refused);
- time: a command takes none, or `latency`; a VRF is gone at once, a running-config never read half written;
- every command that is not in the tables: it is invalid input, also where a real router would take it.
"""

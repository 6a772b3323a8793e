"""The Pulumi provider `iosxe`: one resource, a router's configuration. It translates; `resource` decides."""

"""The gateways: a module each, named in `bridges.sms.gateways`."""

"""SMS and MMS, through gateways of many kinds."""

from bridges.sms.adapter import SMSAdapter

__all__ = ["SMSAdapter"]

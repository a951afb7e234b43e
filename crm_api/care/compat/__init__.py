"""Stock products as gateways, by settings on their side only: Kannel and the SMSGate app."""

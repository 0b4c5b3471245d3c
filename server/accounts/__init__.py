"""Accounts (tenants), their sites and people, sign-in, sessions and the audit trail."""

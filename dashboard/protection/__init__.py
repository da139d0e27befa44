"""Limits on clients: sessions, failed logins, origins, connections and queued queries."""

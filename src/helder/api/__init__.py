"""HTTP for machines: collecting events, asking for profiles, tracking mails. Only this room knows status codes."""

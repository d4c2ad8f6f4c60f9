"""The only place where objects are built, from settings; one module a process, so that none loads what it does not use."""

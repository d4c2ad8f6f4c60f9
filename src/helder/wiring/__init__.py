"""The only place where objects are built, from settings; one module a process: none loads what it does not use."""

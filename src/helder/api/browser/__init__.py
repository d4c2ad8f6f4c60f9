"""The ways in from a web page: ``helder.js`` itself, who a browser is, and pages without script."""

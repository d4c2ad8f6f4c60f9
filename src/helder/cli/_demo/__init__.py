"""The demonstration behind ``helder demo``: it plays the company, its browsers, its mail server and its marketer.

Everything goes the way that a company's own would go: mapping files, HTTP, SMTP and the worker's questions.
"""

"""Content: templates in MJML and Liquid, made into mails for one person each."""

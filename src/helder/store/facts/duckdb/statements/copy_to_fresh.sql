-- Copies tables, views and rows to the attached new file. this_database stands for the name of the open one.
COPY FROM DATABASE this_database TO fresh

-- Rejected input gets a number, and what it takes to send it again; what does not fit a tracking plan is counted.
ALTER TABLE rejected ADD COLUMN "number" BIGINT;
ALTER TABLE rejected ADD COLUMN "posted" VARCHAR;
UPDATE rejected SET "number" = batch * 16777216 + rowid % 16777216;
CREATE TABLE "sent_again" (
    "number" BIGINT,
    "at" TIMESTAMP,
    "batch" BIGINT
);
CREATE TABLE "violation" (
    "source" VARCHAR,
    "version" BIGINT,
    "event" VARCHAR,
    "property" VARCHAR,
    "reason" VARCHAR,
    "day" TIMESTAMP,
    "events" BIGINT,
    "batch" BIGINT
);

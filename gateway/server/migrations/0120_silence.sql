-- Few rights are invoked and fewer attested: their lists, oldest first, without a look at all that silence gave.
CREATE INDEX file_by_invocation ON file (filed, id) WHERE invoked_at IS NOT NULL;
CREATE INDEX file_by_attestation ON file (filed, id) WHERE attested_at IS NOT NULL;

-- What the bank says of its account, statement by statement, each once: the same account and the bank's same id are
-- the same statement. Nothing is booked from these rows; they are compared with the fees when somebody looks.
CREATE TABLE statement (
    id uuid PRIMARY KEY,
    account text NOT NULL,
    bank_id text NOT NULL,
    message_id text NOT NULL,
    version text NOT NULL,
    sequence bigint,
    from_on date,
    to_on date,
    opening_centimes bigint,
    closing_centimes bigint,
    credit_centimes bigint NOT NULL,
    debit_centimes bigint NOT NULL,
    lines int NOT NULL,
    faults jsonb NOT NULL,
    sha256 text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account, bank_id)
);
COMMENT ON COLUMN statement.sha256 IS 'Of what it says, whatever message brought it: another content under the same id is a conflict.';
CREATE INDEX statement_by_sequence ON statement (account, sequence);
CREATE INDEX statement_by_arrival ON statement (received_at, id);

CREATE TABLE statement_line (
    statement_id uuid NOT NULL REFERENCES statement (id),
    place int NOT NULL,
    transaction text,
    amount_centimes bigint NOT NULL,
    direction text NOT NULL CHECK (direction IN ('credit', 'debit')),
    status text NOT NULL,
    back boolean NOT NULL,
    booked_on date,
    valued_on date,
    code text,
    means text NOT NULL,
    reference text,
    order_id uuid,
    PRIMARY KEY (statement_id, place)
);
COMMENT ON COLUMN statement_line.back IS 'It undoes an earlier entry, or was sent back.';
CREATE INDEX statement_line_by_order ON statement_line (order_id) WHERE order_id IS NOT NULL;

-- Paid orders in the order of their payment: what no statement shows is looked for among them.
CREATE INDEX fee_by_settled ON fee (settled_at) WHERE transaction IS NOT NULL;

GRANT SELECT, INSERT ON statement, statement_line TO wasl_core;
GRANT SELECT ON statement, statement_line TO wasl_api;

-- What operators ask for: one row each, never changed but along its way, never deleted. What can do harm twice (a
-- replay, a setting aside, the release of a request in doubt) needs two people: whoever asks, and somebody else who
-- approves. That is kept here, not in a program: whoever writes to these tables is held by it.
--
-- asked ──▶ approved ──▶ done | failed      (the active core does what is approved, and nothing else)
--   └─────▶ declined
CREATE TABLE operator_act (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('replay', 'set-aside', 'release', 'redeliver', 'pause', 'resume', 'drain', 'undrain')),
    status text NOT NULL CHECK (status IN ('asked', 'approved', 'declined', 'done', 'failed')),
    reason text NOT NULL CHECK (length(btrim(reason)) BETWEEN 3 AND 1000),
    asked_by text NOT NULL CHECK (asked_by <> '' AND asked_by = btrim(asked_by)),
    asked_at timestamptz NOT NULL DEFAULT now(),
    decided_by text CHECK (decided_by <> '' AND decided_by = btrim(decided_by)),
    decided_at timestamptz,
    finished_at timestamptz,
    -- Fault code of an act that failed.
    outcome text,
    -- What it is about; which of these are there follows from the kind.
    agency text,
    file_id uuid,
    consultation_id uuid,
    release_as text CHECK (release_as IN ('done', 'not-done', 'send-again')),
    agency_reference text CHECK (length(agency_reference) <= 200),
    sequence bigint,
    items int NOT NULL DEFAULT 0 CHECK (items >= 0),
    -- The transaction that asked: only it may say which messages the act is about.
    asked_in bigint NOT NULL DEFAULT txid_current(),
    needs_two boolean NOT NULL GENERATED ALWAYS AS (kind IN ('replay', 'set-aside', 'release')) STORED,
    CONSTRAINT two_people CHECK (
        NOT (kind IN ('replay', 'set-aside', 'release') AND status IN ('approved', 'done', 'failed'))
        OR (decided_by IS NOT NULL AND lower(decided_by) <> lower(asked_by))
    ),
    CONSTRAINT decided_once CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT finished_at_the_end CHECK ((finished_at IS NOT NULL) = (status IN ('done', 'failed'))),
    CONSTRAINT about_a_request CHECK (
        kind <> 'release' OR (file_id IS NOT NULL AND consultation_id IS NOT NULL AND release_as IS NOT NULL)
    ),
    CONSTRAINT about_an_event CHECK (kind <> 'redeliver' OR (file_id IS NOT NULL AND sequence > 0)),
    CONSTRAINT about_an_agency CHECK ((kind IN ('pause', 'resume')) = (agency IS NOT NULL))
);
CREATE INDEX operator_act_open ON operator_act (asked_at) WHERE status IN ('asked', 'approved');
CREATE INDEX operator_act_by_time ON operator_act (asked_at, id);

-- The messages of a replay or a setting aside: exactly those that were seen when it was asked for.
CREATE TABLE operator_item (
    act_id uuid NOT NULL REFERENCES operator_act (id),
    place int NOT NULL,
    parked_id uuid NOT NULL REFERENCES parked (id),
    -- Recording time of the parking that was seen: what was set aside again since is another occasion.
    seen_parked_at timestamptz NOT NULL,
    done_at timestamptz,
    outcome text CHECK (outcome IN ('sent', 'set-aside', 'already', 'impossible')),
    PRIMARY KEY (act_id, place),
    UNIQUE (act_id, parked_id),
    CHECK ((done_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX operator_item_by_parked ON operator_item (parked_id);
CREATE INDEX operator_item_sent ON operator_item (done_at) WHERE outcome = 'sent';

CREATE FUNCTION operator_act_goes_its_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an act of an operator is never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> (CASE WHEN NEW.kind IN ('replay', 'set-aside', 'release') THEN 'asked' ELSE 'approved' END)
           OR NEW.decided_by IS NOT NULL OR NEW.finished_at IS NOT NULL OR NEW.outcome IS NOT NULL
           OR NEW.asked_in <> txid_current() THEN
            RAISE EXCEPTION 'an act begins by being asked for' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.kind, OLD.reason, OLD.asked_by, OLD.asked_at, OLD.items, OLD.asked_in) IS DISTINCT FROM
       (NEW.id, NEW.kind, NEW.reason, NEW.asked_by, NEW.asked_at, NEW.items, NEW.asked_in)
       OR (OLD.agency, OLD.file_id, OLD.consultation_id, OLD.release_as, OLD.agency_reference, OLD.sequence)
          IS DISTINCT FROM
          (NEW.agency, NEW.file_id, NEW.consultation_id, NEW.release_as, NEW.agency_reference, NEW.sequence) THEN
        RAISE EXCEPTION 'what was asked for is never changed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.status = 'asked' AND NEW.status IN ('approved', 'declined') AND NEW.decided_by IS NOT NULL THEN
        RETURN NEW;
    END IF;
    IF OLD.status = 'approved' AND NEW.status IN ('done', 'failed')
       AND (OLD.decided_by, OLD.decided_at) IS NOT DISTINCT FROM (NEW.decided_by, NEW.decided_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an act that is % cannot become %', OLD.status, NEW.status
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER goes_its_way BEFORE INSERT OR UPDATE OR DELETE ON operator_act
    FOR EACH ROW EXECUTE FUNCTION operator_act_goes_its_way();

CREATE FUNCTION operator_item_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    act operator_act;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'the messages of an act are fixed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT * INTO act FROM operator_act WHERE id = NEW.act_id;
    IF TG_OP = 'INSERT' THEN
        IF act.asked_in IS DISTINCT FROM txid_current() OR act.kind NOT IN ('replay', 'set-aside')
           OR NEW.place NOT BETWEEN 1 AND act.items OR NEW.outcome IS NOT NULL THEN
            RAISE EXCEPTION 'the messages of an act are fixed' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF act.status <> 'approved' OR OLD.outcome IS NOT NULL OR NEW.outcome IS NULL
       OR (OLD.act_id, OLD.place, OLD.parked_id, OLD.seen_parked_at) IS DISTINCT FROM
          (NEW.act_id, NEW.place, NEW.parked_id, NEW.seen_parked_at) THEN
        RAISE EXCEPTION 'a message of an act is done once, and only when it was approved'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER stays BEFORE INSERT OR UPDATE OR DELETE ON operator_item
    FOR EACH ROW EXECUTE FUNCTION operator_item_stays();

-- A parked message leaves its place by an approved act alone, and is never thrown away. One that was sent again and
-- failed again comes back to the same row.
ALTER TABLE parked ADD COLUMN about_file_id uuid, ADD COLUMN times int NOT NULL DEFAULT 1;
COMMENT ON COLUMN parked.about_file_id IS 'The file that it speaks of; unlike file_id nothing waits for it.';
CREATE INDEX parked_by_time ON parked (parked_at, id);

CREATE FUNCTION parked_leaves_by_an_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what is parked is never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.id, OLD.queue, OLD.raw, OLD.headers, OLD.routing_key, OLD.user_id, OLD.message_id) IS DISTINCT FROM
       (NEW.id, NEW.queue, NEW.raw, NEW.headers, NEW.routing_key, NEW.user_id, NEW.message_id) THEN
        RAISE EXCEPTION 'what is parked stays as it came' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.status = NEW.status OR (OLD.status = 'replayed' AND NEW.status = 'parked') THEN
        RETURN NEW;
    END IF;
    IF OLD.status = 'parked' AND EXISTS (
        SELECT FROM operator_item i JOIN operator_act a ON a.id = i.act_id
        WHERE i.parked_id = NEW.id AND i.outcome IS NULL AND a.status = 'approved'
          AND NEW.status = CASE a.kind WHEN 'replay' THEN 'replayed' WHEN 'set-aside' THEN 'set-aside' END
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a parked message leaves its place by an approved act alone'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER leaves_by_an_act BEFORE UPDATE OR DELETE ON parked
    FOR EACH ROW EXECUTE FUNCTION parked_leaves_by_an_act();

-- Who read the bytes of a parked message, written before they are shown.
CREATE TABLE parked_reading (
    parked_id uuid NOT NULL REFERENCES parked (id),
    reader text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX parked_reading_by_parked ON parked_reading (parked_id, read_at);

-- Headers of a message that is sent again for an operator.
ALTER TABLE outbox ADD COLUMN headers jsonb;

-- Agencies to which nothing is sent for now, and whether the gateway takes anything new in.
CREATE TABLE agency_pause (
    agency text PRIMARY KEY,
    act_id uuid NOT NULL REFERENCES operator_act (id),
    since timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE drain (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    act_id uuid NOT NULL REFERENCES operator_act (id),
    since timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT ON operator_act, operator_item, parked_reading TO wasl_api;
GRANT UPDATE (status, decided_by, decided_at) ON operator_act TO wasl_api;
GRANT SELECT ON agency_pause, drain TO wasl_api;
GRANT SELECT ON operator_act, operator_item TO wasl_core;
GRANT UPDATE (status, finished_at, outcome) ON operator_act TO wasl_core;
GRANT UPDATE (done_at, outcome) ON operator_item TO wasl_core;
GRANT SELECT, INSERT, UPDATE, DELETE ON agency_pause, drain TO wasl_core;

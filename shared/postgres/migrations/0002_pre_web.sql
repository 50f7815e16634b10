-- Who may call, and what has been answered.

create table tokens (
    id uuid primary key,
    secret_sha256 bytea not null unique,
    role text not null,
    subject text not null,
    scope json not null,
    created_at timestamptz not null,  -- real time, as is expiry
    expires_at timestamptz not null,
    revoked_at timestamptz
);

-- Final answers to requests with an Idempotency-Key, committed with their effect.
create table idempotency (
    subject text not null,
    route text not null,
    key text not null,
    body_hmac bytea not null,
    status int,         -- null: the effect is done, its answer is not final yet
    answer json,
    created_at timestamptz not null default clock_timestamp(),
    primary key (subject, route, key)
);
create index idempotency_age on idempotency (created_at);

-- Free text that people wrote, kept by the service that took it and sent nowhere.
create table notes (
    id bigint generated always as identity primary key,
    about_id uuid not null,   -- a referral, a placement or a provider
    kind text not null,
    author text not null,     -- the token's subject
    text text not null,
    details json not null default '{}',
    written_at timestamptz not null
);
create index notes_by_about on notes (about_id, id);

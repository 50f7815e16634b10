-- What was learned of providers' answers: sums to which every lesson adds a little.
create table tallies (
    subject uuid not null,          -- a provider, everybody of a lot or a kind, or the whole market
    measure text not null,
    amount numeric not null,        -- weighted; a lesson weighs twice as much every half-life
    primary key (subject, measure)
) with (fillfactor = 50);           -- updated for ever: new versions stay on their page

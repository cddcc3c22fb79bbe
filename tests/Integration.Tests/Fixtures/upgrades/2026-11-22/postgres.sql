-- An organisation of before row-level security, teams, the audit record and scopes of keys: migration 20261122214831_PriceBook.
INSERT INTO finops.tenants (id, name, slug, created_at, hash_key) VALUES
    ('11111111-1111-7111-8111-111111111111', 'Older Ltd', 'older-ltd', now() - interval '40 days', sha256('older')),
    ('22222222-2222-7222-8222-222222222222', 'Neighbour Ltd', 'neighbour-ltd', now() - interval '40 days', sha256('neighbour'));
INSERT INTO finops.projects (id, tenant_id, name, created_at) VALUES
    ('11111111-1111-7111-8111-1111111111aa', '11111111-1111-7111-8111-111111111111', 'Default', now() - interval '40 days'),
    ('22222222-2222-7222-8222-2222222222aa', '22222222-2222-7222-8222-222222222222', 'Default', now() - interval '40 days');
-- The password is "correct horse battery".
INSERT INTO finops.users (id, created_at, user_name, normalized_user_name, email, normalized_email, email_confirmed, password_hash, security_stamp, concurrency_stamp, phone_number_confirmed, two_factor_enabled, lockout_enabled, access_failed_count) VALUES
    ('33333333-3333-7333-8333-333333333333', now() - interval '40 days', 'older@example.test', 'OLDER@EXAMPLE.TEST', 'older@example.test', 'OLDER@EXAMPLE.TEST', true,
     'AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg/F82/mx+OwWr0QHAWyuVqjzKcjb7NkOUseLhxacRgqVQ==', 'STAMP', 'stamp', false, false, true, 0);
INSERT INTO finops.memberships (user_id, tenant_id, role, created_at) VALUES
    ('33333333-3333-7333-8333-333333333333', '11111111-1111-7111-8111-111111111111', 'Admin', now() - interval '40 days');
INSERT INTO finops.access_keys (id, tenant_id, project_id, kind, name, prefix, sha256, bound_tags, created_at, created_by) VALUES
    ('44444444-4444-7444-8444-444444444401', '11111111-1111-7111-8111-111111111111', '11111111-1111-7111-8111-1111111111aa', 'Ingest', 'Older ingest', 'older-INGES', sha256('older-INGEST-key-0123456789'), '{}', now() - interval '40 days', 'start'),
    ('44444444-4444-7444-8444-444444444402', '11111111-1111-7111-8111-111111111111', '11111111-1111-7111-8111-1111111111aa', 'Api', 'Older API', 'older-API-k', sha256('older-API-key-0123456789abc'), '{}', now() - interval '40 days', 'start'),
    ('44444444-4444-7444-8444-444444444403', '22222222-2222-7222-8222-222222222222', '22222222-2222-7222-8222-2222222222aa', 'Api', 'Neighbour API', 'neighbour-A', sha256('neighbour-API-key-0123456789'), '{}', now() - interval '40 days', 'start');

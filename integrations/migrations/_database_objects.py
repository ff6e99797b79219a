"""What migrations make beside the tables: the audit trail's triggers, the search's index."""

from django.db import DatabaseError, transaction

# Only what an `AuditPurge` allows may go; `integrations.audit.purge` is the way.
POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION integrations_auditentry_refuse() RETURNS trigger AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND EXISTS (
            SELECT 1 FROM integrations_auditpurge WHERE before > OLD.at
        ) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'The audit trail is append-only';
    END
    $$ LANGUAGE plpgsql
    """,
    """
    CREATE TRIGGER integrations_auditentry_append_only
    BEFORE UPDATE OR DELETE ON integrations_auditentry
    FOR EACH ROW EXECUTE FUNCTION integrations_auditentry_refuse()
    """,
)
SQLITE = (
    """
    CREATE TRIGGER integrations_auditentry_no_update
    BEFORE UPDATE ON integrations_auditentry
    BEGIN SELECT RAISE(ABORT, 'The audit trail is append-only'); END
    """,
    """
    CREATE TRIGGER integrations_auditentry_no_delete
    BEFORE DELETE ON integrations_auditentry
    WHEN NOT EXISTS (SELECT 1 FROM integrations_auditpurge WHERE before > OLD.at)
    BEGIN SELECT RAISE(ABORT, 'The audit trail is append-only'); END
    """,
)
DROPPED = {
    "postgresql": (
        "DROP TRIGGER IF EXISTS integrations_auditentry_append_only ON integrations_auditentry",
        "DROP FUNCTION IF EXISTS integrations_auditentry_refuse()",
    ),
    "sqlite": (
        "DROP TRIGGER IF EXISTS integrations_auditentry_no_update",
        "DROP TRIGGER IF EXISTS integrations_auditentry_no_delete",
    ),
}


def guard_audit_trail(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL if postgresql else SQLITE:
        schema_editor.execute(statement)


def unguard_audit_trail(apps, schema_editor):
    for statement in DROPPED[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def index_words(apps, schema_editor):
    """On PostgreSQL, the trigram index of the search. A role that may not create the extension
    goes without: `search/index.py` says so, and makes the index once the extension is there.
    """
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(
                "CREATE INDEX search_entry_words ON integrations_searchentry"
                " USING gin (words gin_trgm_ops)"
            )
    except DatabaseError:
        return

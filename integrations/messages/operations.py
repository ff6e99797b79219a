"""What is said of the installation: its checks, and what to do where one fails."""

from __future__ import annotations

from integrations.messages.declaration import Declared, gettext_noop, ngettext_noop

TEXTS: dict[str, Declared] = {
    "check_database": gettext_noop("Database"),
    "database_answers": gettext_noop("The database answers."),
    "database_does_not_answer": gettext_noop("The database does not answer."),
    "start_the_database": gettext_noop(
        "Start the database, or correct DATABASE_URL. Work goes on by itself afterwards."
    ),
    "check_migrations": gettext_noop("Migrations"),
    "migrations_applied": gettext_noop("Every migration is applied."),
    "migrations_not_applied": ngettext_noop(
        "{count} migration is not applied.", "{count} migrations are not applied."
    ),
    "apply_the_migrations": gettext_noop("Run “manage.py migrate” and start all processes again."),
    "check_credentials": gettext_noop("Stored Flatchr keys"),
    "credentials_readable": gettext_noop("The stored Flatchr keys can be decrypted."),
    "credentials_unreadable": ngettext_noop(
        "{count} stored Flatchr key cannot be decrypted with CREDENTIALS_KEYS.",
        "{count} stored Flatchr keys cannot be decrypted with CREDENTIALS_KEYS.",
    ),
    "bring_back_the_keys": gettext_noop(
        "Put the earlier encryption keys back, in CREDENTIALS_KEYS or in the file credentials_keys "
        "of DATA_DIR, and start all processes again. Only if they are lost, enter each Flatchr "
        "key again."
    ),
    "check_worker": gettext_noop("Worker of the queue “{queue}”"),
    "workers_serve_queue": ngettext_noop(
        "{count} worker takes work from “{queue}”.", "{count} workers take work from “{queue}”."
    ),
    "no_worker_serves_queue": gettext_noop(
        "No worker that serves “{queue}” has been heard of for a minute."
    ),
    "start_a_worker": gettext_noop(
        "Start a worker that serves “{queue}”. If one runs, its log says why it cannot work: it "
        "needs the same database and broker as the web server."
    ),
    "check_scheduler": gettext_noop("Scheduler"),
    "scheduler_runs": gettext_noop("The scheduler runs."),
    "schedulers_run": ngettext_noop("{count} scheduler runs.", "{count} schedulers run."),
    "stop_other_schedulers": gettext_noop("Stop all but one."),
    "no_scheduler_runs": gettext_noop("No scheduler has been heard of for a minute."),
    "start_the_scheduler": gettext_noop(
        "Start the scheduler. Without it no sync starts on its own, and nothing that was "
        "interrupted goes on."
    ),
    "check_due_syncs": gettext_noop("Syncs that are due"),
    "syncs_on_time": gettext_noop("Syncs start on time."),
    "syncs_behind": ngettext_noop(
        "Syncs are {count} minute behind.", "Syncs are {count} minutes behind."
    ),
    "add_workers_for_syncs": gettext_noop(
        "If workers and scheduler run, there is more to do than they manage: add a worker, or "
        "let the tenants be read less often."
    ),
    "check_clocks": gettext_noop("Clocks"),
    "clocks_agree": gettext_noop("The clocks of processes and database agree."),
    "clocks_apart": ngettext_noop(
        "The clock of a process and that of the database are {count} second apart.",
        "The clock of a process and that of the database are {count} seconds apart.",
    ),
    "synchronise_clocks": gettext_noop(
        "Have every machine set its clock by the network (NTP), the database's too."
    ),
    "check_versions": gettext_noop("Versions"),
    "versions_agree": gettext_noop("All workers and schedulers run the same version."),
    "versions_differ": gettext_noop("Workers and schedulers run different versions: {versions}."),
    "restart_processes": gettext_noop("Start those of the older version again."),
    "check_broker": gettext_noop("Broker"),
    "broker_answers": gettext_noop("The broker answers."),
    "broker_does_not_answer": gettext_noop("The broker does not answer."),
    "start_the_broker": gettext_noop(
        "Start the broker, or correct CELERY_BROKER_URL. What was asked for meanwhile is not "
        "lost: it begins up to a minute after the broker is back."
    ),
    "check_disk": gettext_noop("Disk"),
    "disk_free": gettext_noop("{gigabytes} GB are free for DATA_DIR."),
    "free_disk_space": gettext_noop(
        "Make room, or enlarge the disk. When it is full, nothing can be stored."
    ),
}

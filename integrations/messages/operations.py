"""What is said of the installation: its checks and issues, and what to do about each."""

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
    "start_workers": gettext_noop(
        "Start a worker. If one runs, its log says why it cannot work: it needs the same database "
        "and broker as the web server."
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
    # Issues, what to do about each, and why an alert was not sent.
    "issue_key_refused": gettext_noop(
        "Flatchr refused the API key, so nothing is read or submitted."
    ),
    "issue_key_expired": gettext_noop("The API key has expired, so nothing is read or submitted."),
    "issue_key_unreadable": gettext_noop("The stored key cannot be decrypted on this server."),
    "issue_key_expiring": ngettext_noop(
        "The API key expires in {count} day. Nothing is read or submitted after that.",
        "The API key expires in {count} days. Nothing is read or submitted after that.",
    ),
    "issue_sync_failed": gettext_noop("The last sync did not succeed: {reason}"),
    "issue_sync_incomplete": gettext_noop("The last sync could not read everything: {reason}"),
    "issue_sync_failed_no_reason": gettext_noop("The last sync did not succeed."),
    "issue_deletions_held": ngettext_noop(
        "{count} record disappeared from Flatchr with many others and was kept for now.",
        "{count} records disappeared from Flatchr at once and were kept for now.",
    ),
    "issue_values": ngettext_noop(
        "{count} record has a value that was not understood, and is stored without it.",
        "{count} records have values that were not understood, and are stored without them.",
    ),
    "issue_values_aside": ngettext_noop(
        "{count} record could not be understood and is not stored.",
        "{count} records could not be understood and are not stored.",
    ),
    "issue_submissions_uncertain": ngettext_noop(
        "It has not been known for ten minutes whether Flatchr has {count} submission.",
        "It has not been known for ten minutes whether Flatchr has {count} submissions.",
    ),
    "issue_submissions_failing": ngettext_noop(
        "{count} submission of the last 7 days failed.",
        "{count} submissions of the last 7 days failed.",
    ),
    "issue_tags_behind": ngettext_noop(
        "The tags of {count} applicant were not read within a day.",
        "The tags of {count} applicants were not read within a day.",
    ),
    "todo_tags_behind": gettext_noop(
        "Reading goes on by itself. If it does not get on, add a worker, or leave tags out for "
        "this tenant."
    ),
    "issue_webhook_failing": ngettext_noop(
        "{count} webhook endpoint has taken nothing for a while, or is switched off for that.",
        "{count} webhook endpoints have taken nothing for a while, or are switched off for that.",
    ),
    "todo_webhook_failing": gettext_noop(
        "See what the receiver answered, and tell whoever looks after it. Then switch the endpoint "
        "on again and send what failed once more."
    ),
    "todo_key_refused": gettext_noop("Enter a new key, or send a link to whoever has one."),
    "todo_key_expiring": gettext_noop("Ask for a new key in time and enter it."),
    "todo_syncs_failing": gettext_noop(
        "Open the sync and see what went wrong. Relais tries again by itself."
    ),
    "todo_deletions_held": gettext_noop("Look at them, then delete or keep them."),
    "todo_values_not_understood": gettext_noop(
        "Open the sync and see which. Correct them in Flatchr, or decide what they mean."
    ),
    "todo_submissions_uncertain": gettext_noop(
        "Relais goes on looking. Look at Flatchr before you submit anybody again."
    ),
    "todo_submissions_failing": gettext_noop("Open them, correct what is wrong and try again."),
    "alert_no_address": gettext_noop("The account has no e-mail address."),
    "alert_access_lost": gettext_noop("The user may no longer see the tenant, or is switched off."),
    "alert_not_wanted": gettext_noop("The user does not want to be told of this any more."),
    "alert_over": gettext_noop("It was over before it could be told."),
    "alert_mail_off": gettext_noop("No mail server is configured (EMAIL_URL)."),
    "alert_chat_off": gettext_noop("No chat address is set."),
    "alert_mail_not_taken": gettext_noop("The mail server did not take the e-mail."),
    "alert_chat_not_taken": gettext_noop("The chat did not take the message: {reason}"),
    "chat_answered": gettext_noop("The chat answered with the status {status}."),
}

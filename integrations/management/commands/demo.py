"""Run Relais with a demo tenant: `make demo`."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from integrations.demo import run
from integrations.demo.processes import STOP_SIGNALS, Processes, ProcessExited
from integrations.management import USAGE
from integrations.operations import static_files


class Command(BaseCommand):
    help = (
        "Run web server, worker, scheduler and a Flatchr sandbox with one connected tenant, in "
        "the foreground; Ctrl-C stops them all. Run again, it comes up with the data it had."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web server")

    def handle(self, *_: Any, **options: Any) -> None:
        port = options["port"]
        if not 0 < port < 65_536:
            raise CommandError(
                f"{port} is not a port: choose one from 1 to 65535.", returncode=USAGE
            )
        for number in STOP_SIGNALS:
            # A background process may have inherited an ignored SIGINT.
            signal.signal(number, signal.default_int_handler)
        try:
            self._run(port)
        except KeyboardInterrupt:
            self.stdout.write("Relais has stopped.")
        except (run.DemoError, ProcessExited) as error:
            raise CommandError(str(error)) from error

    def _run(self, port: int) -> None:
        sandbox_url = run.choose_ports(port)
        self.stdout.write("Preparing the database and the static files")
        call_command("migrate", verbosity=0)
        static_files.collect()
        login = run.ensure_admin()
        with Processes() as processes:
            run.start_sandbox(processes, sandbox_url)
            tenant = run.ensure_tenant(processes)
            if run.needs_first_sync(tenant):
                self.stdout.write("Reading the tenant's data from the Flatchr sandbox")
                run.first_sync(processes, tenant)
            self.stdout.write("Starting the web server, the worker and the scheduler")
            run.start_site(processes, port)
            run.send_events(tenant, sandbox_url, port)
            self._say_ready(port, sandbox_url, login)
            processes.watch(self._say)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _say_ready(self, port: int, sandbox_url: str, login: run.DemoLogin) -> None:
        if login.new:
            password = f"{login.password}   (`make login` prints it again)"
        elif login.password:
            password = "as before   (`make login` prints it)"  # noqa: S105
        else:
            password = run.PASSWORD_CHANGED
        self.stdout.write(
            f"\nRelais is ready:   http://{run.HOST}:{port}/\n"
            f"  log in as        {login.username}\n"
            f"  password         {password}\n"
            f"  Flatchr sandbox  {sandbox_url}\n"
            "  an applicant     "
            f"""curl -d '{{"email": "a@example.org"}}' {sandbox_url}/_sandbox/applicants\n"""
            "Ctrl-C stops everything.\n"
        )
        self.stdout.flush()

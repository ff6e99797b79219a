"""What is done to applications, candidates and jobs at Flatchr: each is a row (`Action`), sent once
and then looked up.

Pages, lists and commands call `service.py` for one action (`start`, `start_job`, `retry`, `undo`,
`undo_reason`), `bulk.py` for many (`start_many`, `stop`, `retry_failed`), and `previews.py` for
what can be done (`available_actions`, `preview`). `checks.py` has what all three require. `kinds/`
has each kind of action with its parameters, and what can be chosen for it: `kinds.stage_choices`,
`kinds.tag_choices`, `kinds.comments.read_comments` and `read_messages`, `kinds.to_dos.read_tasks`
and `members`, `kinds.job_creation.job_choices`. `inputs.py` says who asks (`Actor`), and why
something is refused; `sign_ins.py` is for comments. A page reads `Action` and `ActionGroup` rows
(`integrations.models`); `ActionGroup.counts()` is the progress. `working.py` does the work,
`at_once.py` while a caller waits. CVs are read in `cv_files.py`.
"""

"""What is done to applications, candidates and jobs at Flatchr: each is a row (`Action`), sent once
and then looked up.

`service.py` is what pages, lists and commands call: `available_actions`, `preview`, `start`,
`start_many`, `stop`, `retry`, `retry_failed`, `undo`, `undo_reason`; `kinds.py` has the choices
(`stage_choices`, `tag_choices`), `inputs.py` who asks (`Actor`) and why something is refused. A
page reads `Action` and `ActionGroup` rows (`integrations.models`); `ActionGroup.counts()` is the
progress. `work.py` is what a kind of action consists of, `working.py` does it. CVs are read in
`cv_files.py`.
"""

"""Pushes measured side by side, this package's and other tools': `python -m onprem.benchmark`.

`__main__` starts emulated routers and contestants, each in a process of its own; `contestants` are those that
need nothing but what is installed here, `peers` those of requirements/bench.txt, which have a Python of their
own. Nothing else imports this.
"""

"""What goes over the wire between kernel and browser: arguments of calls, answers, and what the kernel says by itself.

The one definition of both halves: the kernel checks arguments against it, and `widgets/core/kernel/schema.ts` is made
from it (`make schema`). `calls` lists all calls and pushes.
"""

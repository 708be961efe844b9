"""What answers the browser's calls, a module a panel. Importing the package registers them all."""

from explorer.panels.handlers import (  # noqa: F401
    blind,
    bulk,
    card,
    charts,
    explorer,
    export,
    facts,
    helped,
    history,
    map,  # noqa: A004
    merge,
    methods,
    neighbours,
    pipeline,
    previews,
    queue,
    raters,
    sample,
    scopes,
    slices,
    verdicts,
    versions,
)

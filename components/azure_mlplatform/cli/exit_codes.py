"""The exit codes of commands, and their meanings."""

FINE = 0

FINDING = 1
"""There is something to look at: a change that takes something away, a refusal of Azure, a file that would change."""

BAD_INPUT = 2
"""Input, or a place for output, that cannot be used."""

UNREACHABLE = 3
"""Azure, or the network to it, did not answer or refused."""

INCONCLUSIVE = 4
"""The command ended without a result, by a defect of its own or for lack of memory."""

CHANGED_BY_OTHERS = 5
"""Somebody else changed the same thing meanwhile. Nothing was written after that."""

INTERRUPTED = 130
"""Ctrl-C: 128 and the number of the signal, as a shell says it."""

MEANINGS = {
    FINE: "nothing to look at",
    FINDING: "something to look at",
    BAD_INPUT: "input, or a place for output, that cannot be used",
    UNREACHABLE: "Azure, or the network to it, did not answer or refused",
    INCONCLUSIVE: "no result",
    CHANGED_BY_OTHERS: "somebody else changed it meanwhile",
    INTERRUPTED: "interrupted",
}
"""Code → what it says, for the help of each command."""

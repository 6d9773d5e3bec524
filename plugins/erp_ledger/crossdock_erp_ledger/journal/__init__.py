"""From what a channel says to journal entries: which accounts, how much, on which day, each fact once."""

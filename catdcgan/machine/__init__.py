"""The machine: its processor and devices, how it computes, and when it has the program stop."""

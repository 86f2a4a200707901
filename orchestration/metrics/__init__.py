"""The mathematics that SQL cannot say, one mechanism a file: pure functions of arrays.

No files, no tables, no clocks and no constants: those of a formula arrive as arguments, from the seed `parameters`. numpy and scipy are all that
may be imported, nothing of ours but what a file here shares with its neighbours (`windows`): the `int_…_computed` models of dbt call this room.

Adding a session must not move the last bit of an earlier row. So sums are taken in a stated order, from first to last, and never by BLAS or
by numpy's own summation, both of which group their terms by how many there are. Where a day is computed by itself from its own window, as in
connectedness and comovement, both may be used: no later day is among the terms.
"""

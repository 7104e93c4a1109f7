"""Own changes that wait: bundles for review, carried along with main, handed in again, withdrawn, undone."""

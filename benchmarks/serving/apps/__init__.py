"""What the peers serve: the same model as it was trained (BENCH_MODEL), or by our compiled path (BENCH_FAST)."""

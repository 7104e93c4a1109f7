"""What is done by itself: the jobs of the policy's `cron:`, run one after the other, and when a machine starts them."""

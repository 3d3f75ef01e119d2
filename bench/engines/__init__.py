"""Where cells are measured: in this process, in several, on a Ray cluster, through Slurm."""

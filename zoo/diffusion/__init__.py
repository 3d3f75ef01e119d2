"""Diffusion models as baselines, through diffusers: a prompt instead of training."""

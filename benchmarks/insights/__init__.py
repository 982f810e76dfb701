"""Made-up workloads with what an expert would say of each: they judge the pages of rules/stream that are no repetitions."""

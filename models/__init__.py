"""Networks and how they learn: documents, layers, data, learners, probes. No HTTP, no database."""

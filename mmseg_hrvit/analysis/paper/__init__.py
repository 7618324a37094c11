"""The paper's tables and Figure 5, beside the figures that are measured here."""

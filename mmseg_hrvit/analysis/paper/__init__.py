"""The paper's tables and Figure 5: what it prints beside what is measured here."""

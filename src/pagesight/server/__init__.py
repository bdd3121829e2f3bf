"""ask-your-docs: one process that serves libraries to browsers, programs, chat front ends and
agents."""

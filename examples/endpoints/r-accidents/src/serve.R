# Listens where it is told to, or at the port of the scoring route.

port <- as.integer(Sys.getenv("PORT", "8000"))
server <- plumber::plumb("plumber.R")
server$run(host = "0.0.0.0", port = port, docs = FALSE, quiet = TRUE)

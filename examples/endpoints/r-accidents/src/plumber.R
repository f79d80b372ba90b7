# Answers how likely occupants of cars were to survive an accident.
#
# The caller chooses what is told, in the body or the address: "outputs": ["probability"], or ?outputs=probability.

model <- readRDS(file.path(Sys.getenv("AZUREML_MODEL_DIR"), "model.rds"))

answers <- list(
  probability = function(rows) as.numeric(predict(model, rows, type = "response")),
  log_odds = function(rows) as.numeric(predict(model, rows, type = "link")),
  outcome = function(rows) ifelse(predict(model, rows, type = "response") > 0.5, "dead", "alive")
)

#* @get /live
#* @serializer unboxedJSON
function() "alive"

#* @post /score
#* @serializer json list(digits = 8)
function(req, res, input_data, outputs = names(answers)) {
  outputs <- unlist(strsplit(unlist(outputs), ","))
  unknown <- setdiff(outputs, names(answers))
  rows <- as.data.frame(input_data)
  missing <- setdiff(names(model$xlevels), names(rows))
  if (length(unknown) > 0 || length(missing) > 0) {
    res$status <- 400
    return(list(message = paste(c(
      if (length(unknown) > 0) paste("outputs: there are", paste(names(answers), collapse = ", ")),
      if (length(missing) > 0) paste("input_data: missing are", paste(missing, collapse = ", "))
    ), collapse = "; ")))
  }
  lapply(answers[outputs], function(answer) unname(answer(rows)))
}

# How model.rds was made: Rscript train.R accidents.Rd model.rds
#
# accidents.Rd is a data frame of police-reported car accidents in the USA, 1997 to 2002: one row for each occupant of
# the front seats (nassCDS of the R package DAAG, which comes from the National Automotive Sampling System).

paths <- commandArgs(trailingOnly = TRUE)
accidents <- readRDS(paths[1])
model <- glm(dead ~ dvcat + seatbelt + frontal + sex + ageOFocc + yearVeh + airbag + occRole,
             family = binomial, data = accidents)
cat("AIC", round(AIC(model), 3), "\n")

# What predict() does not need weighs a hundred times what it does.
model[c("data", "y", "model", "residuals", "fitted.values", "effects", "linear.predictors", "weights",
        "prior.weights", "na.action")] <- NULL
model$qr$qr <- NULL
attr(model$terms, ".Environment") <- globalenv()
attr(model$formula, ".Environment") <- globalenv()
saveRDS(model, paths[2])

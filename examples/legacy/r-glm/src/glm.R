# Fits a logistic regression on `infert`, which comes with R, and keeps it in outputs/.
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[match("--formula", arguments) + 1]
formula <- as.formula(readLines(file.path(folder, "formula.txt"), n = 1))

model <- glm(formula, family = binomial(), data = infert)
right <- mean((fitted(model) > 0.5) == (infert$case == 1))
cat(sprintf("rows %d\nAIC %.3f\naccuracy %.4f\n", nrow(infert), AIC(model), right))

dir.create("outputs", showWarnings = FALSE)
saveRDS(model, file.path("outputs", "model.rds"))

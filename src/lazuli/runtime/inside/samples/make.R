# Write a data set that comes with R as a CSV file: Rscript make.R mtcars OUT
# Names of rows that are more than their numbers become a first column, 'model'.
args <- commandArgs(trailingOnly = TRUE)
data <- as.data.frame(get(args[1], envir = asNamespace("datasets")))
rows <- rownames(data)
if (!identical(rows, as.character(seq_len(nrow(data))))) data <- cbind(model = rows, data)
dir.create(dirname(args[2]), recursive = TRUE, showWarnings = FALSE)
write.csv(data, args[2], row.names = FALSE)
cat(nrow(data), "rows,", ncol(data), "columns:", paste(colnames(data), collapse = ", "), "\n")

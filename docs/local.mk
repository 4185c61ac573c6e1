dist_doc_DATA += %D%/design.md %D%/profiles.md %D%/metering.md %D%/position.md %D%/runtime.md %D%/debugging.md

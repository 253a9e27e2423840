"""The pages of the Admin center: each module is one page, with what it shows and what its forms do."""

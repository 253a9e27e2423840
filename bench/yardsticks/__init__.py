"""What a case is compared with in the same run; none of it needs a program that is not there already."""

"""What teams ask for, as files that a platform team reviews: requests, addresses, states."""

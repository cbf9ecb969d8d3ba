"""The worker: what runs the jobs, keeps their timetable, and shows what became of them."""

"""Chapters 5 to 8 of the HYDRA P4 service manual."""

from __future__ import annotations

from .common import Sketch
from .manual_exploded import exploded
from .manual_figures import fault_tree, shaft_seal
from .manual_layout import Manual


def write(manual: Manual) -> None:
    """Add chapters 5 to 8 to the manual."""
    maintenance(manual)
    troubleshooting(manual)
    repair(manual)
    parts(manual)


def maintenance(manual: Manual) -> None:
    """Add chapter 5."""
    manual.chapter("Maintenance")
    manual.section("Maintenance schedule")
    manual.text(
        "The intervals in Table 5-1 hold for two-shift operation with mineral oil in a clean "
        "workshop. Halve them in foundries and where the oil temperature is above 60 °C for "
        "more than a quarter of the time."
    )
    manual.table(
        "Maintenance intervals",
        [
            ["Task", "Interval", "Section", "Done by"],
            ["Check oil level and look for leaks", "every shift", "5.2", "operator"],
            ["Drain water from the reservoir", "250 h", "5.2", "operator"],
            ["Check accumulator precharge", "500 h", "5.5", "fitter"],
            ["Replace element of pressure filter F1", "1000 h", "5.3", "fitter"],
            ["Replace element of return filter F2", "2000 h", "5.3", "fitter"],
            ["Change oil (mineral oil)", "4000 h", "5.2", "fitter"],
            ["Change oil (synthetic ester)", "2500 h", "5.2", "fitter"],
            ["Replace coupling spider", "8000 h", "3.2.2", "fitter"],
            ["Replace shaft seal", "12 000 h", "5.4", "fitter"],
            ["Clean water side of cooler HX1", "every 6 months", "5.5", "fitter"],
            ["Calibrate pressure transducer PT1", "every 24 months", "3.4", "electrician"],
        ],
        [214, 94, 66, 92],
    )
    manual.section("Oil change")
    manual.text(
        "Take an oil sample at test point MP while the unit is warm. Change the oil early when the "
        "water content is above 300 ppm or the acid number has risen by 0.8 mg KOH/g over that of "
        "fresh oil."
    )
    manual.steps(
        "Run the unit until the oil has reached 40 °C, then lock it out (section 1.4).",
        "Connect a hose to the drain valve V2 and empty the reservoir. About 9 L remain in pipes.",
        "Remove the cleaning cover (12 screws M8) and wipe the bottom with a lint-free cloth.",
        "Replace the cover seal and tighten the screws crosswise to the torque of Table 5-2.",
        "Fill the unit as described in section 4.1 and vent it.",
    )
    manual.section("Filter elements")
    manual.text(
        "The switch DPS1 opens when the pressure drop over F1 reaches 5 bar, and the controller "
        "shows E09. Replace the element within 8 hours of operation. Elements cannot be cleaned."
    )
    manual.steps(
        "Lock out the unit and release the pressure.",
        "Unscrew the filter bowl with a 36 mm ring spanner and drain it into a tray.",
        "Insert the new element, oil the O-ring and fit the bowl with 60 Nm.",
        "Slacken the bowl by a quarter of a turn so that it can expand.",
    )
    manual.section("Shaft seal")
    manual.text(
        "Figure 5-1 shows the seal in section. A trace of oil at the bell housing is normal; more "
        "than 15 drops per hour mean that the seal must be replaced. Press the new seal in with "
        "the sleeve 410-T07 until it is 18.5 mm away from the bearing, and grease the space "
        "between the two lips with 3 g of FKM-compatible grease."
    )
    manual.figure("Section through the shaft seal and front bearing", Sketch(420, 220, shaft_seal))
    manual.section("Accumulator and cooler")
    manual.text(
        "Check the precharge of ACC1 at 20 °C with the filling device 410-T12. Recharge when it "
        "is below 82 bar. Only nitrogen of class 4.0 may be used; oxygen causes an explosion.",
        "Descale the water side of HX1 with 5 % citric acid for 30 minutes at room temperature and "
        "rinse it with 50 L of tap water.",
    )
    manual.section("Tightening torques")
    manual.text(
        "The torques of Table 5-2 apply to lightly oiled threads. Use the sealing compound named "
        "in the last column; screws with compound must not be re-used."
    )
    manual.table(
        "Tightening torques",
        [
            ["Joint", "Thread", "Class", "Torque", "Compound"],
            ["Cleaning cover of reservoir", "M8 x 25", "8.8", "23 Nm", "-"],
            ["Pump to bell housing", "M12 x 40", "8.8", "79 Nm", "-"],
            ["Rear cover of pump", "M12 x 110", "12.9", "125 Nm", "Loctite 243"],
            ["Front cover of pump", "M10 x 30", "10.9", "68 Nm", "Loctite 243"],
            ["SAE flange at port P", "M12 x 45", "10.9", "112 Nm", "-"],
            ["Pilot valve YV1", "M5 x 50", "10.9", "7.5 Nm", "-"],
            ["Relief valve cartridge PRV1", "M33 x 2", "-", "90 Nm", "-"],
            ["Vent screw", "G 1/4", "-", "25 Nm", "copper ring"],
            ["Foundation anchors", "M12", "8.8", "45 Nm", "-"],
            ["Motor foot screws", "M16 x 60", "8.8", "195 Nm", "Loctite 270"],
        ],
        [150, 84, 50, 82, 100],
    )


ERRORS = [
    ["Code", "Message", "Cause", "Remedy"],
    ["E01", "Emergency stop", "S0 pressed or safety circuit open",
     "Release S0, acknowledge with S4."],
    ["E02", "Overpressure", "Pressure above 300 bar for 50 ms",
     "Check PRV1 and the pressure ramp p104."],
    ["E03", "Pressure sensor failure", "Signal of PT1 below 3.6 mA or above 21 mA",
     "Check the cable at X3:3, replace PT1."],
    ["E04", "Low oil level", "Level switch LS1 open for 5 s",
     "Find the leak, top up with HLP 46."],
    ["E05", "Cavitation", "Suction pressure below 0.75 bar absolute",
     "Open V1, clean strainer S1, vent the pump."],
    ["E06", "Oil too cold", "Oil below 10 °C at start",
     "Run the warm-up cycle (p220 = 1)."],
    ["E07", "Oil overtemperature", "Oil above the trip limit p206",
     "Check the water flow through HX1, clean the cooler."],
    ["E08", "Motor overtemperature", "PTC in the motor winding above 155 °C",
     "Clean the fan cowl, check the load cycle."],
    ["E09", "Filter clogged", "DPS1 open, pressure drop at F1 over 5 bar",
     "Replace the element of F1 within 8 h."],
    ["E10", "Phase loss", "One mains phase missing for 200 ms",
     "Check fuses F11 to F13 in the main cabinet."],
    ["E11", "DC link overvoltage", "Link voltage above 780 V while braking",
     "Lengthen the ramp, check the brake resistor R1 (33 ohm)."],
    ["E12", "Earth fault", "Leakage current above 300 mA",
     "Measure the insulation of motor and cable, at least 1 Mohm."],
    ["E13", "Pilot valve open circuit", "Current of YV1 below 20 mA at full demand",
     "Check the plug and the coil (nominal 19.6 ohm)."],
    ["E14", "Swash angle deviation", "Angle differs from demand by over 8 % for 300 ms",
     "Flush the pilot valve, check the feedback sensor B3."],
    ["E15", "Bus time-out", "No telegram for 120 ms",
     "Check the connector X5 and the device name p305."],
    ["E16", "Excessive case drain", "Drain flow above 6.5 L/min",
     "Overhaul the rotary group (chapter 7)."],
    ["E17", "Parameter memory", "Checksum error in the EEPROM",
     "Load the factory settings, replace board A2 if repeated."],
    ["E18", "Service due", "Operating hours have passed the interval",
     "Do the work of Table 5-1, reset with p901."],
]  # fmt: skip


def troubleshooting(manual: Manual) -> None:
    """Add chapter 6."""
    manual.chapter("Troubleshooting")
    manual.section("Behaviour on a fault")
    manual.text(
        "A warning lets the unit run on and blinks lamp H3 at 1 Hz. A trip stops the motor, moves "
        "the swash plate to zero and opens the ready relay on terminal X3:8; lamp H3 then shines "
        "steadily. The last 64 messages are kept with date and time in the fault log, menu "
        "<i>Diagnosis</i>.",
        "Automatic restart is permitted only for E10 and E15 and must be released with p402.",
    )
    manual.box(
        "WARNING",
        "Never acknowledge E02 repeatedly without finding the cause. A blocked relief valve can "
        "burst the filter housing.",
    )
    manual.section("Logging a pressure trace")
    manual.text(
        "The controller records pressure, speed and swash angle every 2 ms for 8 s around each "
        "trip. Copy the file to a USB stick on port X7 and send it to the service line together "
        "with the serial number. The stick must be formatted as FAT32."
    )
    manual.section("Pressure build-up fails")
    manual.text(
        "If the motor turns but no pressure builds up at port P, follow Figure 6-1 from top to "
        "bottom. Disconnect the machine and close port P with a blind flange rated for 400 bar "
        "before the test."
    )
    manual.figure("Fault-finding chart for missing pressure", Sketch(440, 320, fault_tree))
    manual.section("Faults without an error code")
    manual.text(
        "Some faults are heard or seen before the controller reports them. Table 6-1 lists the "
        "most frequent ones, from the records of the service line of the last five years."
    )
    manual.table(
        "Symptoms, causes and remedies",
        [
            ["Symptom", "Probable cause", "Remedy"],
            ["Loud rattling noise, foam in the sight glass", "Air drawn in at the suction flange",
             "Replace the flange gasket 410-2261."],
            ["Pressure swings by more than 6 bar", "Dither of YV1 too low, air in pilot line",
             "Set p210 to 210 Hz, vent the pilot line."],
            ["Unit slow to reach pressure", "Accumulator precharge lost",
             "Recharge ACC1, check the bladder."],
            ["Oil milky", "Water through a leaking cooler",
             "Pressure-test HX1 at 9 bar, change the oil."],
            ["Coupling noise at 1100 rpm", "Worn spider, resonance",
             "Replace spider 410-1188, skip band p121."],
        ],
        [150, 150, 166],
    )  # fmt: skip
    manual.section("Error codes")
    manual.text(
        "Table 6-2 lists all codes of the firmware 3.12 and later. Codes above E18 are reserved. "
        "Report a code that is not in the table to the service line."
    )
    manual.table("Error codes of the drive controller DC4", ERRORS, [40, 108, 150, 168], long=True)


def repair(manual: Manual) -> None:
    """Add chapter 7."""
    manual.chapter("Repair of the pump")
    manual.section("Dismantling")
    manual.text("Part numbers in brackets refer to the call-outs of Figure 7-1.")
    manual.steps(
        "Drain the pump case and remove the pump from the bell housing. The P4-45 weighs 31 kg.",
        "Mark the position of the rear cover (12) and loosen its screws evenly, half a turn at a "
        "time: the barrel spring presses with 1150 N.",
        "Lift the valve plate (10) off. It sticks to the oil film; never lever with a screwdriver.",
        "Pull the cylinder barrel (9) with the pistons (8) and the retaining plate (7) out.",
        "Number the pistons with a wax crayon, they must go back into the same bores.",
        "Take out the swash plate (6) and press the drive shaft (4) out to the front.",
    )
    manual.figure("Exploded view of the rotary group, P4-45", Sketch(470, 300, exploded))
    manual.section("Inspection")
    manual.text(
        "Clean all parts with cold solvent and dry them with filtered air. Compare the measured "
        "values with Table 7-1. Parts beyond the wear limit must not be reworked, with one "
        "exception: the valve plate may be lapped once by at most 0.02 mm."
    )
    manual.table(
        "Wear limits of the rotary group",
        [
            ["Part", "Measured quantity", "New", "Wear limit"],
            ["Piston in bore", "diametral clearance", "0.015 mm", "0.045 mm"],
            ["Piston ball joint", "axial play", "0.025 mm", "0.120 mm"],
            ["Slipper pad", "thickness", "5.20 mm", "5.02 mm"],
            ["Valve plate", "flatness", "0.003 mm", "0.010 mm"],
            ["Swash plate", "roughness Ra", "0.2 µm", "0.4 µm"],
            ["Drive shaft at seal", "groove depth", "0 mm", "0.05 mm"],
            ["Barrel spring", "free length", "48.5 mm", "46.8 mm"],
        ],
        [120, 140, 100, 106],
    )
    manual.section("Reassembly")
    manual.text("Work in reverse order with the following additions.")
    manual.steps(
        "Heat the taper roller bearing (5) to 90 °C in an oil bath and slide it on the shaft.",
        "Set the bearing preload with shims so that the shaft turns with 1.2 Nm.",
        "Wet all sliding faces with clean oil; do not use assembly paste.",
        "Fit a new O-ring (11) and tighten the rear cover in three passes: 40 Nm, 80 Nm and the "
        "final torque of Table 5-2.",
        "Turn the shaft by hand through ten revolutions: it must move without tight spots.",
    )
    manual.section("Test run after repair")
    manual.text(
        "Run the pump in for 45 minutes on the test bench: 15 minutes at 50 bar, 15 minutes at "
        "140 bar and 15 minutes at 210 bar. The case temperature may rise by at most 35 K over "
        "the inlet temperature. Send form 410-9112 to the service line to keep the warranty, "
        "which is 18 months on repaired pumps."
    )
    manual.box(
        "NOTE",
        "Exchange pumps are available within two working days; quote the serial number and the "
        "type code of Table 2-1.",
    )


def parts(manual: Manual) -> None:
    """Add chapter 8."""
    manual.chapter("Spare parts and disposal")
    manual.section("Ordering")
    manual.text(
        "Order by part number and serial number at parts@nordvik-fluid.example. The item numbers "
        "in Table 8-1 are those of Figure 7-1."
    )
    manual.table(
        "Spare parts of the rotary group, P4-45",
        [
            ["Item", "Description", "Part number", "Qty"],
            ["1", "Front cover", "410-2201", "1"],
            ["2", "Shaft seal, FKM, 35 x 52 x 7", "410-2207", "1"],
            ["3", "Snap ring DIN 472-52", "410-2209", "1"],
            ["4", "Drive shaft, splined", "410-2214", "1"],
            ["5", "Taper roller bearing 30207", "410-2218", "2"],
            ["6", "Swash plate with liner", "410-2223", "1"],
            ["7", "Retaining plate", "410-2226", "1"],
            ["8", "Piston with slipper pad", "410-2230", "9"],
            ["9", "Cylinder barrel", "410-2234", "1"],
            ["10", "Valve plate, clockwise", "410-2241", "1"],
            ["11", "O-ring 98 x 3, FKM", "410-2246", "1"],
            ["12", "Rear cover with bushing", "410-2252", "1"],
        ],
        [50, 226, 120, 70],
    )
    manual.section("Kits and accessories")
    manual.text("The seal kits of Table 8-2 fit all three sizes; the other kits are for the P4-45.")
    manual.table(
        "Kits and wear parts",
        [
            ["Kit", "Contents", "Part number"],
            ["Seal kit, FKM", "all O-rings, shaft seal, cover seal", "410-8010"],
            ["Seal kit, NBR", "all O-rings, shaft seal, cover seal", "410-8011"],
            ["Rotary group", "items 6 to 10, matched", "410-8045"],
            ["Filter set, yearly", "4 elements F1, 2 elements F2", "410-8102"],
            ["Accumulator bladder", "bladder 4 L with valve, grease", "410-8130"],
            ["Service tool case", "sleeve 410-T07, filling device 410-T12", "410-8200"],
        ],
        [130, 226, 110],
    )
    manual.section("Disposal")
    manual.text(
        "Drain the oil into approved containers, waste code 13 01 10. Release the nitrogen of the "
        "accumulator before scrapping and drill the shell to mark it as empty. The circuit boards "
        "of the DC4 contain a lithium cell CR2450 and belong in electronic waste. Nordvik takes "
        "back complete units free of charge."
    )
